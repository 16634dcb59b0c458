import { styleText } from 'node:util';

/** What the demonstration prints: plain text of at most 80 columns, with colour only on a terminal that wants it. */

const COLUMNS = 80;

export function title(text: string): void {
  print(`\n${styleText('bold', text)}\n`);
}

/** Paragraphs. */
export function say(...paragraphs: readonly string[]): void {
  for (const paragraph of paragraphs) print(`${fold(paragraph, '  ').join('\n')}\n`);
}

export function command(line: string): void {
  print(`  ${styleText('cyan', `$ ${line}`)}\n`);
}

/** A name and what there is to say of it, in two columns. */
export function pairs(rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.flatMap(([name, text]) => {
    const [first = '', ...more] = fold(text, ' '.repeat(4 + width));
    return [`    ${styleText('dim', name.padEnd(width))}${first.trimStart()}`, ...more];
  });
  print(`${lines.join('\n')}\n`);
}

/** What a command printed, line by line. */
export function verbatim(lines: readonly string[]): void {
  const folded = lines.flatMap((line) => {
    const isLong = line.length + 2 > COLUMNS;
    return isLong ? fold(line.trimStart(), `  ${/^ */.exec(line)?.[0] ?? ''}`) : [`  ${line}`];
  });
  print(`${folded.join('\n')}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Breaks between words; a word that is too long, such as a path, stays whole. */
function fold(text: string, indent: string): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (indent.length + longer.length <= COLUMNS || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => indent + line);
}
