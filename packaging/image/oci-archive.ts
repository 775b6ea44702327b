import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { architecture } from "../debian-texts.ts";
import { reproducibleTar } from "./reproducible-tar.ts";

/** How a container of the image starts. */
export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Type, digest and size of a blob, as the OCI image specification has them. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface PackedLayer {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  /** The digest of the archive before it was compressed. */
  readonly diffId: string;
}

const TYPE = "application/vnd.oci.image";

/** Level 0 does not compress: for tests, in a second. */
export function packLayer(archive: Buffer, level: number): PackedLayer {
  const diffId = digestOf(archive);
  const bytes = level === 0 ? archive : gzipSync(archive, { level });
  const mediaType = `${TYPE}.layer.v1.tar${level === 0 ? "" : "+gzip"}`;
  const digest = level === 0 ? diffId : digestOf(bytes);
  return { diffId, bytes, descriptor: { mediaType, digest, size: bytes.length } };
}

export interface OciImage {
  readonly name: string;
  readonly tag: string;
  readonly config: ImageConfig;
  readonly layer: PackedLayer;
  readonly builtAt: Date;
}

/**
 * Writes an OCI image layout (https://github.com/opencontainers/image-spec) as one tar archive, which
 * skopeo, podman and containerd read. Resolves with the digest of the image.
 */
export async function writeOciArchive(path: string, image: OciImage): Promise<string> {
  const { name, tag, config, layer, builtAt } = image;
  const created = builtAt.toISOString();
  const history = [{ created, created_by: "packaging/image.ts" }];
  const rootfs = { type: "layers", diff_ids: [layer.diffId] };
  const os = { architecture: architecture(), os: "linux" };
  const configBlob = blob(`${TYPE}.config.v1+json`, { created, ...os, config, rootfs, history });
  const manifest = blob(`${TYPE}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${TYPE}.manifest.v1+json`,
    config: configBlob.descriptor,
    layers: [layer.descriptor],
    annotations: config.Labels,
  });
  // containerd and podman read the first one, everything else the second.
  const annotations = {
    "io.containerd.image.name": `docker.io/library/${name}:${tag}`,
    "org.opencontainers.image.ref.name": tag,
  };
  const index = {
    schemaVersion: 2,
    mediaType: `${TYPE}.index.v1+json`,
    manifests: [{ ...manifest.descriptor, platform: os, annotations }],
  };
  await writeLayout(path, JSON.stringify(index), [configBlob, manifest, layer], builtAt);
  return manifest.descriptor.digest;
}

type Blob = Pick<PackedLayer, "descriptor" | "bytes">;

async function writeLayout(path: string, index: string, blobs: readonly Blob[], builtAt: Date) {
  const folder = await mkdtemp(join(tmpdir(), "novacula-oci-"));
  try {
    await mkdir(join(folder, "blobs/sha256"), { recursive: true });
    await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await writeFile(join(folder, "index.json"), index);
    for (const { descriptor, bytes } of blobs) {
      await writeFile(join(folder, "blobs", descriptor.digest.replace(":", "/")), bytes);
    }
    await rm(`${path}.new`, { force: true });
    const members = ["oci-layout", "index.json", "blobs"];
    await reproducibleTar({ path: `${path}.new`, folder, members, owner: 0, mode: "u=rwX,go=rX", builtAt });
    await rename(`${path}.new`, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function blob(mediaType: string, content: object): Blob {
  const bytes = Buffer.from(JSON.stringify(content));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
