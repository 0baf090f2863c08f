"""Classification of images, on an encoder that was trained elsewhere or from scratch."""
