import * as z from "zod/mini";
import type { Operation } from "../answer.ts";
import { keyReference, reference } from "../decode.ts";
import { field, graphql } from "../graphql-operation.ts";

const target = z.extend(reference, { key: z.nullable(keyReference) });

/** An executor that a key can be made for, with the key that it is bound to. */
export type Target = z.output<typeof target>;

export function askTargets(search: string, limit: number): Operation<readonly Target[]> {
  const document = `query Targets($search: String, $limit: Int) {
    executors(search: $search, limit: $limit) { id name key { id name fingerprint } }
  }`;
  return graphql(document, { search: search || null, limit }, field("executors", z.array(target)));
}
