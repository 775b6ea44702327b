import * as z from "zod";
import type { KubernetesObject } from "./helm.ts";

const foundSchema = z.looseObject({
  spec: z.looseObject({}).default({}),
  data: z.record(z.string(), z.string()).default({}),
});

/** The only object of this kind. */
export function find(objects: readonly KubernetesObject[], kind: string) {
  const [found, ...others] = objects.filter((object) => object.kind === kind);
  if (found === undefined || others.length > 0) {
    throw new Error(`not one ${kind}, but ${found === undefined ? 0 : others.length + 1}`);
  }
  return foundSchema.parse(found);
}

/** The only container of a Deployment or StatefulSet. */
export function containerOf(objects: readonly KubernetesObject[], kind: "Deployment" | "StatefulSet") {
  const { containers } = podSchema.parse(find(objects, kind).spec).template.spec;
  const [container] = containers;
  if (container === undefined) {
    throw new Error("no container");
  }
  return container;
}

const podSchema = z.object({
  template: z.object({
    spec: z.object({
      containers: z.array(
        z.looseObject({
          image: z.string(),
          args: z.array(z.string()),
          env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
          volumeMounts: z.array(
            z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) }),
          ),
        }),
      ),
    }),
  }),
});
