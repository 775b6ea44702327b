import { KEY_PREFIX } from "../../protocol/key-shape.ts";
import { CopyBlock } from "../ui/copy-block.tsx";

interface ConnectStepsProps {
  readonly name: string;
  readonly channel: string;
  /** Left out once the person has stored it. */
  readonly secret?: string;
}

const INSTALL = "sudo apt install ./novacula-agent_*.deb";
const EDIT = "sudoedit /etc/novacula/agent.toml";
const CHECK = "sudo novacula-agent check --online";

/** From a server without an agent to an online executor. */
export function ConnectSteps({ name, channel, secret = `${KEY_PREFIX}…` }: ConnectStepsProps) {
  return (
    <ol class="steps">
      <li>
        <p>Install the agent on the server. The package starts it, and it waits for a key:</p>
        <CopyBlock what="the install command" text={INSTALL} />
      </li>
      <li>
        <p>
          Open <code>/etc/novacula/agent.toml</code> and replace its content:
        </p>
        <CopyBlock what="the edit command" text={EDIT} />
        <CopyBlock what="the configuration" text={configuration(name, channel, secret)} />
      </li>
      <li>
        <p>Save the file. The running agent applies it within seconds; nothing needs a restart. To check:</p>
        <CopyBlock what="the check command" text={CHECK} />
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
