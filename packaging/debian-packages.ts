import { ENVIRONMENT_VARIABLES } from "../src/control-plane/settings/settings.ts";
import type { CommandEntry } from "../src/lib/command-line/command-table.ts";
import { sentences } from "../src/lib/command-line/environment-variable.ts";
import type { PackageHead } from "./debian-texts.ts";
import { environmentFile } from "./environment-file.ts";
import type { ManualPage } from "./manual.ts";

/** What differs between the packages of the two programs. */
export interface DebianPackage extends PackageHead {
  readonly name: "novacula-agent" | "novacula-control-plane";
  /** Installed path → file in this checkout. */
  readonly files: Readonly<Record<string, string>>;
  readonly manual: Pick<ManualPage, "files" | "environment" | "proxies" | "kept" | "seeAlso">;
  /** Installed path → generated text. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly program: "agent" | "controlPlane";
}

const PATH_TO_PASS =
  "A proxy or gateway in front of the control plane must pass on POST requests to the path /graphql unchanged, with the header Authorization, and must ask for no password of its own there.";

/** Documents for operators, from the root of the checkout: both packages ship them. */
export const OPERATOR_DOCUMENTS = [
  "docs/glossary.md",
  "docs/install.md",
  "docs/service.md",
  "docs/nodes.md",
  "docs/chains.md",
  "docs/systemd-credential.md",
  "docs/rotate.md",
  "docs/configuration.md",
  "docs/commands.md",
  "docs/journal.md",
  "docs/troubleshooting.md",
  "docs/kubernetes.md",
  "docs/control-plane/install.md",
  "docs/control-plane/environment.md",
  "docs/control-plane/people.md",
  "docs/control-plane/nodes.md",
  "docs/control-plane/proxy.md",
  "docs/control-plane/backup-upgrade.md",
  "docs/control-plane/postgresql.md",
  "docs/control-plane/log.md",
  "docs/control-plane/operations.md",
] as const;

export type Programs = { readonly [Name in DebianPackage["program"]]: CommandEntry };

const AGENT: DebianPackage = {
  name: "novacula-agent",
  summary: "executor agent of Novacula for bare-metal servers",
  description: [
    "The agent keeps a host online as an executor of a Novacula control plane. It uses a new API key as soon as its configuration file changes, without a restart, and keeps the old key until the new one is accepted.",
    "The package starts a service that waits for its key in /etc/novacula/agent.toml.",
  ],
  architecture: "own",
  needs: ["novacula-nodes (>= 0.1.0)"],
  files: {
    "usr/share/novacula-agent/agent.toml": "agent.example.toml",
    "usr/share/novacula-agent/notify.conf": "systemd/novacula-agent-notify.conf",
    "usr/share/doc/novacula-agent/examples/agent.toml": "agent.example.toml",
    "usr/lib/tmpfiles.d/novacula-agent.conf": "packaging/debian/novacula-agent/tmpfiles",
  },
  manual: {
    files: [
      [
        "/etc/novacula/agent.toml",
        "Configuration and key. The agent applies a change as soon as the file is saved.",
      ],
      ["/var/lib/novacula/state.json", "What the agent remembers across restarts; never a key."],
      [
        "/var/lib/novacula/agent.lock",
        "Lets one agent run on the host. The kernel holds the lock while that agent lives.",
      ],
      ["/run/novacula/agent.sock", "How the commands talk to the running agent."],
      ["/usr/share/doc/novacula-agent/examples/agent.toml", "Every setting with its default."],
      ["/usr/share/doc/novacula-agent/", "The documentation for operators."],
    ],
    environment: [
      ["NOVACULA_CONFIG", "The configuration file, unless --config names one."],
      [
        "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "The way to the control plane, unless control_plane.proxy is set.",
      ],
      ["NO_COLOR", "Print no colours."],
    ],
    proxies: [
      PATH_TO_PASS,
      "The agent sends its requests to control_plane.url with /graphql behind it, and to no other path. control_plane.proxy, else HTTPS_PROXY, ALL_PROXY and NO_PROXY, decide over a proxy on the way out.",
    ],
    kept: "/etc/novacula/agent.toml, its key, /var/lib/novacula and the nodes stay, and nodes that run go on.",
    seeAlso: ["novacula-control-plane(8)", "systemctl(1)", "journalctl(1)", "systemd.exec(5)"],
  },
  program: "agent",
};

const CONTROL_PLANE: DebianPackage = {
  name: "novacula-control-plane",
  summary: "small self-hosted control plane for Novacula executors",
  description: [
    "The control plane issues, lists, rotates and revokes the API keys of executors, admits the executors that present them, and keeps an audit log. It listens on 127.0.0.1:3000 unless /etc/default/novacula-control-plane sets HOST and PORT.",
  ],
  architecture: "own",
  needs: [],
  files: {
    "usr/lib/systemd/system/novacula-control-plane.socket": "systemd/novacula-control-plane.socket",
  },
  texts: { "usr/share/novacula-control-plane/environment": environmentFile(ENVIRONMENT_VARIABLES) },
  manual: {
    files: [
      ["/etc/default/novacula-control-plane", "The environment of the service, one VARIABLE=value per line."],
      ["/var/lib/novacula-control-plane/control-plane.db", "The database."],
      ["/var/lib/novacula-control-plane/management.sock", "How the commands talk to the running service."],
      [
        "/usr/lib/systemd/system/novacula-control-plane.socket",
        "Not enabled: listens on port 443 for the service.",
      ],
      ["/usr/share/doc/novacula-control-plane/", "The documentation for operators."],
    ],
    environment: [
      ...ENVIRONMENT_VARIABLES.map((variable) => [variable.name, sentences(variable)] as const),
      ["NOVACULA_ORG", "The organization of the commands, unless --org names one."],
      ["NO_COLOR", "Print no colours."],
      ["PAGER", "What shows the audit list on a terminal. Default: less."],
    ],
    proxies: [
      PATH_TO_PASS,
      "The page and its sign-in use the other paths, also with cookies. /livez and /readyz are for probes. The documentation for operators has an example for nginx.",
    ],
    kept: "the database, its keys and /etc/default/novacula-control-plane stay.",
    seeAlso: ["novacula-agent(8)", "systemctl(1)", "journalctl(1)"],
  },
  program: "controlPlane",
};

/** The packages of the two programs; the third has its own module, nodes-package.ts. */
export const DEBIAN_PACKAGES = [AGENT, CONTROL_PLANE] as const;
