"""Tables, migrations, repositories and the single group-committing writer."""
