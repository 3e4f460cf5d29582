"""The external method `hunyuan_portrait`: a card; its code is in a repository of its own."""
