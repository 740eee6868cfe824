"""What people do to the file before it is committed: start a repository, add an entry, edit."""
