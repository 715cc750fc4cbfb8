"""Tools for those who build the site: time machine, demo sign-in, outbox. Not there unless DEV_TOOLS is on."""
