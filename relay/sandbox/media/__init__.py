"""The sandbox's files (sample.mp4, sample.png, sample.mp3) and the script that draws them."""
