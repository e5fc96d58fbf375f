"""What has arrived since the last cutoff, against what was there before. Pure: frames in, facts out."""
