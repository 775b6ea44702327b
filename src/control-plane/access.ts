import { type DocumentNode, Kind, type SelectionSetNode } from "graphql";

/** Who calls: an executor key over TCP, or an operator over the management socket. */
export type Audience = "executor-key" | "management";

/**
 * Who may call which root field of schema.graphql. One that is not named here may be called by nobody, and a test
 * enumerates the schema against this table.
 */
export const ROOT_FIELD_AUDIENCE: Readonly<Record<string, Audience>> = {
  currentKey: "executor-key",
  syncExecutor: "executor-key",

  organizations: "management",
  apiKeys: "management",
  executors: "management",
  auditEvents: "management",
  createOrganization: "management",
  createApiKey: "management",
  rotateApiKey: "management",
  revokeApiKey: "management",
  deleteApiKey: "management",
};

/**
 * The first root field of any operation in the document, also behind fragments, that `audience` may not call; undefined
 * when there is none. Introspection is for management only. A field that the schema lacks is left to validation.
 */
export function forbiddenRootField(document: DocumentNode, audience: Audience): string | undefined {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const field of rootFields(definition.selectionSet, document, new Set())) {
      if (!isAllowed(field, audience)) return field;
    }
  }
  return undefined;
}

function isAllowed(field: string, audience: Audience): boolean {
  if (field === "__typename") return true;
  if (field.startsWith("__")) return audience === "management";
  return !Object.hasOwn(ROOT_FIELD_AUDIENCE, field) || ROOT_FIELD_AUDIENCE[field] === audience;
}

function* rootFields(set: SelectionSetNode, document: DocumentNode, visited: Set<string>): Generator<string> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) yield selection.name.value;
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      yield* rootFields(selection.selectionSet, document, visited);
    else yield* fragmentFields(selection.name.value, document, visited);
  }
}

/** Each fragment once: fragments that spread one another end here, and validation refuses them later. */
function* fragmentFields(name: string, document: DocumentNode, visited: Set<string>): Generator<string> {
  if (visited.has(name)) return;
  visited.add(name);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION || definition.name.value !== name) continue;
    yield* rootFields(definition.selectionSet, document, visited);
  }
}
