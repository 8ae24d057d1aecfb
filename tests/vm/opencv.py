# SPDX-License-Identifier: MIT
"""Frames of a camera by OpenCV, one hash each: opencv.py NODE COUNT"""
import hashlib
import sys

import cv2

camera = cv2.VideoCapture(sys.argv[1], cv2.CAP_V4L2)
camera.set(cv2.CAP_PROP_FRAME_WIDTH, 640)
camera.set(cv2.CAP_PROP_FRAME_HEIGHT, 480)
for _ in range(int(sys.argv[2])):
    ok, frame = camera.read()
    if not ok:
        sys.exit("no frame")
    print(frame.shape, hashlib.sha256(frame.tobytes()).hexdigest())
    # as programs do that look at a picture: a copy in other colours, and a smaller one
    grey = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (160, 120))
    print(hashlib.sha256(grey.tobytes()).hexdigest())
camera.release()
