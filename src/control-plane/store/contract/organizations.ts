export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
}

export interface OrganizationReader {
  /** By slug, at most `limit`. */
  list(limit: number): Promise<readonly Organization[]>;
  /** By id or slug. */
  find(reference: string): Promise<Organization | undefined>;
  withoutMembers(): Promise<readonly Organization[]>;
  /** Organizations that have members but no owner, at most 1000. */
  withoutOwner(): Promise<readonly Organization[]>;
}

export interface OrganizationWriter extends OrganizationReader {
  insert(organization: Organization & { readonly createdAt: number }): Promise<void>;
}
