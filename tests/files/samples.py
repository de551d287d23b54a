"""The first bytes of every kind of file that is kept, by the formats' own descriptions."""

MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 200
QUICKTIME = b"\0\0\0\x14ftypqt  \0\0\x02\0qt  " + b"\0" * 200
OLD_QUICKTIME = b"\0\0\x10\0moov\0\0\0\x6cmvhd" + b"\0" * 200
WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01" + b"\0" * 200
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 200
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + b"\0" * 200
GIF = b"GIF89a\x01\0\x01\0" + b"\0" * 200
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 200
WAV = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 200
MP3_TAGGED = b"ID3\x04\0\0\0\0\0\x23TSSE" + b"\0" * 200
MP3_BARE = b"\xff\xfb\x90\x64\0\x0f\xf0\0" + b"\0" * 200
M4A = b"\0\0\0\x20ftypM4A \0\0\x02\0M4A isomiso2" + b"\0" * 200
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
AAC = b"\xff\xf1\x50\x80\x02\x1f\xfc" + b"\0" * 200
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<!doctype html><title>Sign in</title>"
JSON = b'{"error": {"message": "expired"}}'
