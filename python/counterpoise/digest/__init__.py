"""The weekly text: what shifted, who owns it, what to ask, what was answered; sent where work happens."""
