"""What every engine on AWS shares: settings, clients, errors and polling. The engines are behind their ports."""
