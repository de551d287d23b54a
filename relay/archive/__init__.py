"""The archive: copies of output files, under links that outlive CreativeAI's."""
