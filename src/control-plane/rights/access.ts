import { type DocumentNode, Kind, type OperationDefinitionNode, OperationTypeNode } from "graphql";
import { rootFields } from "../graphql/request/root-fields.ts";

/**
 * Who a root field is for: an executor with its key over TCP; an operator over the management socket; anybody who looks
 * at the page, signed in or not; members of an organization; its owners and admins.
 */
export type Audience = "executor-key" | "management" | "visitor" | "member" | "admin";

/** Who calls. Owners count as admins. */
export type CallerKind = "executor" | "operator" | "visitor" | "member" | "admin";

/**
 * Who may call which root field of schema.graphql. One that is not named here may be called by nobody, and a test
 * enumerates the schema against this table.
 */
export const ROOT_FIELD_AUDIENCE: Readonly<Record<string, Audience>> = {
  currentKey: "executor-key",
  syncExecutor: "executor-key",

  viewer: "visitor",
  invitation: "visitor",

  apiKeys: "member",
  apiKey: "member",
  executors: "member",
  executor: "member",
  auditEvents: "member",
  members: "member",

  invitations: "admin",
  createApiKey: "admin",
  rotateApiKey: "admin",
  revokeApiKey: "admin",
  revokeExecutorAccess: "admin",
  deleteApiKey: "admin",
  deleteExecutor: "admin",

  organizations: "management",
  createOrganization: "management",
  people: "management",
  organizationsWithoutOwner: "management",
  addMember: "management",
  resetPassword: "management",
};

const MAY_CALL: Readonly<Record<CallerKind, readonly Audience[]>> = {
  executor: ["executor-key"],
  operator: ["management", "member", "admin"],
  visitor: ["visitor"],
  member: ["visitor", "member"],
  admin: ["visitor", "member", "admin"],
};

/** Nobody may call a field that has no audience. */
export function mayCall(caller: CallerKind, field: string): boolean {
  const audience = Object.hasOwn(ROOT_FIELD_AUDIENCE, field) ? ROOT_FIELD_AUDIENCE[field] : undefined;
  return audience !== undefined && MAY_CALL[caller].includes(audience);
}

/**
 * The first root field of any operation in the document, also behind fragments, that `caller` may not call; undefined
 * when there is none. Introspection is for operators only. A field that the schema lacks is left to validation.
 */
export function forbiddenRootField(document: DocumentNode, caller: CallerKind): string | undefined {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) {
      continue;
    }
    for (const field of rootFields(definition, document)) {
      if (!isAllowed(field, caller)) {
        return field;
      }
    }
  }
  return undefined;
}

/**
 * What the document does to the organization that a session is about, in any of its operations;
 * undefined: nothing.
 */
export function organizationPurpose(document: DocumentNode): "change" | "look" | undefined {
  const purposes = document.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? operationPurpose(definition, document) : undefined,
  );
  return purposes.find((purpose) => purpose === "change") ?? purposes.find((purpose) => purpose === "look");
}

function operationPurpose(operation: OperationDefinitionNode, document: DocumentNode) {
  if (operation.operation === OperationTypeNode.MUTATION) {
    return "change";
  }
  const isAboutOrganization = [...rootFields(operation, document)].some(
    (field) => !field.startsWith("__") && !mayCall("visitor", field),
  );
  return isAboutOrganization ? "look" : undefined;
}

function isAllowed(field: string, caller: CallerKind): boolean {
  if (field === "__typename") {
    return true;
  }
  if (field.startsWith("__")) {
    return caller === "operator";
  }
  return !Object.hasOwn(ROOT_FIELD_AUDIENCE, field) || mayCall(caller, field);
}
