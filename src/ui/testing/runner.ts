/** What the runner of GitHub Actions makes of a line, after actions/runner, src/Runner.Common/ActionCommand.cs. */
export interface RunnerCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Null for a line that is shown as it is. */
export function runnerCommand(line: string): RunnerCommand | null {
  if (line.includes('##[')) return { name: 'of the old kind', properties: {}, data: line };
  const found = /^\s*::([^\s:]*)(?: (.*?))?::(.*)$/su.exec(line);
  if (found === null) return null;
  const [, name = '', list = '', data = ''] = found;
  const properties = list.split(',').flatMap((each) => {
    const [key = '', ...value] = each.split('=');
    return key === ''
      ? []
      : [[key.trim(), unescaped(value.join('=')).replaceAll('%3A', ':').replaceAll('%2C', ',')]];
  });
  return {
    name,
    properties: Object.fromEntries(properties) as Readonly<Record<string, string>>,
    data: unescaped(data).replaceAll('%25', '%'),
  };
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}
