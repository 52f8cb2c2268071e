"""Every call of CompreFace's client for Python. Run by a separate environment: this file needs
`compreface-sdk`, and prints what was answered as JSON."""

import json
import sys

from compreface import CompreFace

host, port, key, ann, ann_again, bob, nobody = sys.argv[1:]
system = CompreFace(
    host, port, {"det_prob_threshold": 0.8, "prediction_count": 2, "status": "true"}
)
recognition = system.init_face_recognition(key)
verification = system.init_face_verification(key)
detection = system.init_face_detection(key)
faces, subjects = recognition.get_face_collection(), recognition.get_subjects()
plugins = {"face_plugins": "calculator,landmarks,age,gender,mask", "limit": 1, "status": "true"}

told = {}
told["begin"] = subjects.list()
told["subject added"] = subjects.add("Ann Example")
told["subject added twice"] = subjects.add("Ann Example")
told["expected"] = subjects.list()
told["face added"] = faces.add(ann, "Ann Example")
told["other added"] = faces.add(bob, "Bob Example", {"det_prob_threshold": 0.5})
told["no face added"] = faces.add(nobody, "Nobody")
told["faces"] = faces.list()
told["recognised"] = recognition.recognize(ann_again)
told["with plugins"] = recognition.recognize(ann_again, {**plugins, "prediction_count": 1})
told["nobody"] = recognition.recognize(nobody)
told["detected"] = detection.detect(ann, plugins)
told["not detected"] = detection.detect(nobody)
told["verified"] = verification.verify(ann, ann_again, plugins)
told["different"] = verification.verify(ann, bob, plugins)
told["beside stored"] = faces.verify(ann_again, told["face added"]["image_id"], plugins)
told["renamed"] = subjects.update("Bob Example", "Bobby Example")
told["renamed nobody"] = subjects.update("Nobody", "Somebody")
told["merged"] = subjects.update("Bobby Example", "Ann Example")
told["after merging"] = faces.list()
told["face deleted"] = faces.delete(told["face added"]["image_id"])
told["face deleted twice"] = faces.delete(told["face added"]["image_id"])
told["faces deleted"] = faces.delete_all("Ann Example")
told["empty"] = faces.list()
told["subject stays"] = subjects.list()
told["subject deleted"] = subjects.delete("Ann Example")
told["subject deleted twice"] = subjects.delete("Ann Example")
faces.add(bob, "Bob Example")
told["all deleted"] = subjects.delete_all()
told["end"] = subjects.list()
print(json.dumps(told))
