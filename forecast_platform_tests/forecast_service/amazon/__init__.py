"""Amazon Forecast as a service, against the platform's own peer and moto."""
