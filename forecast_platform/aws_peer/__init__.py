"""Amazon services spoken by this platform itself: protocol peers that existing AWS programs can be pointed at."""
