import { CopyBlock } from "../ui/copy-block.tsx";

interface ConnectStepsProps {
  readonly name: string;
  readonly channel: string;
  /** Left out once the person has stored it. */
  readonly secret?: string;
}

const INSTALL = "sudo apt install ./novacula-agent_*.deb";
const EDIT = "sudoedit /etc/novacula/agent.toml";
const START = "sudo novacula-agent check --online && sudo novacula-agent start";

/** From a server without an agent to an executor that is online. */
export function ConnectSteps({ name, channel, secret = "exc_…" }: ConnectStepsProps) {
  return (
    <ol class="steps">
      <li>
        <p>Install the agent on the server:</p>
        <CopyBlock what="the install command" text={INSTALL} />
      </li>
      <li>
        <p>
          Open <code>/etc/novacula/agent.toml</code> and make it this:
        </p>
        <CopyBlock what="the edit command" text={EDIT} />
        <CopyBlock what="the configuration" text={configuration(name, channel, secret)} />
      </li>
      <li>
        <p>Try it, then start it:</p>
        <CopyBlock what="the start command" text={START} />
      </li>
    </ol>
  );
}

function configuration(name: string, channel: string, secret: string): string {
  return `[agent]
name    = ${JSON.stringify(name)}
channel = ${JSON.stringify(channel)}

[control_plane]
url          = ${JSON.stringify(window.location.origin)}
access_token = "${secret}"`;
}
