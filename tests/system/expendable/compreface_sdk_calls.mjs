// Every call of CompreFace's client for JavaScript that works in Node. Prints the answers as JSON.
import fs from "node:fs";
import { CompreFace } from "@exadel/compreface-js-sdk";

const [url, port, key] = process.argv.slice(2);
console.log = () => {}; // the client prints keys
const options = { limit: 0, det_prob_threshold: 0.8, prediction_count: 2 };
const system = new CompreFace(url, Number(port), options);
const recognition = system.initFaceRecognitionService(key);
const faces = () => recognition.getFaceCollection(); // its addresses grow with each call
const subjects = () => recognition.getSubjects();
const plugins = { limit: 1, face_plugins: "calculator,landmarks", status: true };
const failed = async (promise) => {
  try {
    return { unexpected: await promise };
  } catch (error) {
    return { status: error.response.status, ...error.response.data };
  }
};
const base64 = fs.readFileSync("./ann.jpg").toString("base64");

const told = {};
told.begin = await subjects().list();
told.subjectAdded = await subjects().add("Ann Example");
told.faceAdded = await faces().add("./ann.jpg", "Ann Example", { det_prob_threshold: 0.7 });
told.base64Added = await faces().add(fs.readFileSync("./bob.jpg").toString("base64"), "Bob", {});
told.byAddress = await faces().add(`http://127.0.0.1:${process.env.PICTURES_PORT}/again.jpg`, "Ann Example", {});
told.faces = await faces().list();
told.recognised = await recognition.recognize("./again.jpg", plugins);
told.base64Recognised = await recognition.recognize(base64, {});
told.nobody = await failed(recognition.recognize("./nobody.png", {}));
told.detected = await system.initFaceDetectionService(key).detect("./ann.jpg", plugins);
const verification = system.initFaceVerificationService(key);
told.verified = await verification.verify("./ann.jpg", "./again.jpg", plugins);
told.base64Verified = await verification.verify(base64, base64, {});
told.besideStored = await faces().verify("./again.jpg", told.faceAdded.image_id, plugins);
told.renamed = await subjects().rename("Bob", "Bobby");
told.deleted = await faces().delete(told.faceAdded.image_id);
told.severalDeleted = await faces().delete_multiple_images([told.base64Added.image_id, "nonsense"]);
told.allOfOneDeleted = await faces().delete_all_subject("Ann Example");
told.allDeleted = await faces().delete_all();
told.subjectDeleted = await subjects().delete("Bobby");
told.everybodyDeleted = await subjects().deleteAll();
told.end = await subjects().list();
process.stdout.write(JSON.stringify(told));
