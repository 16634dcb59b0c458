import type { ExecRequest, Transport } from '../contract/index.ts';

export type UploadEdit = (data: Buffer) => Buffer;

/** A server that gets other data than was sent, while `edit` is not null. */
export function editedUpload(inner: Transport): Transport & { edit: UploadEdit | null } {
  const edited = {
    address: inner.address,
    edit: null as UploadEdit | null,
    async connect(scope: Parameters<Transport['connect']>[0]) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        exec: async (request: ExecRequest) => {
          const { stdin } = request;
          const { edit } = edited;
          const isData = typeof stdin === 'object' && edit !== null;
          return connection.exec!(isData ? { ...request, stdin: behindTheScript(stdin, edit) } : request);
        },
      };
    },
  };
  return edited;
}

/** The script is the first line. */
async function* behindTheScript(stdin: AsyncIterable<Uint8Array>, edit: UploadEdit) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  const data = all.indexOf('\n') + 1;
  yield all.subarray(0, data);
  yield edit(all.subarray(data));
}
