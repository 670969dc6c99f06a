"""The database: models, migrations, encryption. The only room with SQL."""
