// The face of the client, over the types of the OpenAPI document (schema.d.ts).
import type { components, operations } from "./schema.js";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

export type Job = Schemas["JobOut"];
export type Face = Schemas["FaceOut"];
export type Person = Schemas["SubjectOut"];
export type Learned = Schemas["LearnedOut"];
export type Comparison = Schemas["VerifyOut"];
export type Batch = Schemas["BatchOut"];
export type Problem = Schemas["Problem"];

/** A file, its bytes, or where the system fetches it from. */
export type Picture =
  | Blob
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | Schemas["PictureAtAddress"]
  | Schemas["PictureInBucket"];

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Partial<Problem>;
}
export class NotAnswered extends Error {}
export class WebhookRefused extends Error {}

export interface Options {
  url?: string;
  key?: string;
  collection?: string;
  attempts?: number;
}

export class Client {
  constructor(options?: Options);
  recognise(picture: Picture, options?: Query<"recognise"> & { webhook?: string }): Promise<Job>;
  recogniseBatch(
    pictures: Picture[],
    options?: Query<"recognise_batch"> & { webhook?: string },
  ): Promise<Batch>;
  detect(picture: Picture, options?: Query<"detect">): Promise<Job>;
  verify(
    picture: Picture,
    other: Picture,
    options?: Query<"verify"> & { face?: number | "any"; other_face?: number | "any" | "all" },
  ): Promise<Comparison>;
  search(picture: Picture, options?: Query<"search">): Promise<Schemas["SearchOut"]>;
  allowUpload(
    about?: Partial<Schemas["UploadIn"]>,
    options?: Query<"add_upload">,
  ): Promise<Schemas["UploadOut"]>;
  allowUploads(
    uploads: Partial<Schemas["UploadIn"]>[],
    options?: Query<"add_uploads">,
  ): Promise<Schemas["UploadsOut"]>;
  send(allowed: Schemas["UploadOut"], picture: Blob | ArrayBuffer): Promise<void>;
  sendVideo(
    video: Blob | ArrayBuffer,
    options?: { frames?: number; interval_seconds?: number },
  ): Promise<Schemas["VideoOut"]>;
  getVideo(id: string): Promise<Schemas["VideoOut"]>;
  videos(filters?: Query<"list_videos">): AsyncGenerator<Schemas["VideoOut"]>;
  deleteVideo(id: string): Promise<void>;
  events(id: string): AsyncGenerator<Job>;
  getJob(id: string, details?: Query<"get_job">): Promise<Job>;
  wait(job: Job | string, options?: { seconds?: number; pollSeconds?: number }): Promise<Job>;
  jobs(filters?: Query<"list_jobs">): AsyncGenerator<Job>;
  cancelJob(id: string): Promise<Job>;
  deleteJob(id: string): Promise<void>;
  nameFace(id: string, number: number, name: string): Promise<Learned>;
  addPerson(name: string, picture: Picture): Promise<Learned>;
  people(): AsyncGenerator<Person>;
  getPerson(id: string): Promise<Person>;
  renamePerson(id: string, name: string): Promise<Person>;
  mergePerson(id: string, into: string): Promise<Person>;
  erasePerson(
    id: string,
    options?: { pictures?: boolean },
  ): Promise<Schemas["ReceiptOut"] | Schemas["ErasingOut"]>;
  listExamples(id: string): Promise<Schemas["ExampleListOut"]>;
  addExample(id: string, picture: Picture): Promise<Learned>;
  addExamples(id: string, pictures: Picture[]): Promise<Schemas["ExamplesOut"]>;
  deleteExample(id: string, example: string): Promise<void>;
}

export function verifiedWebhook(
  body: string,
  headers: HeadersInit,
  secret: string,
  options?: { now?: number },
): Promise<Job>;
