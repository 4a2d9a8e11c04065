import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type CuttingProxy = {
  /** The URL through the proxy. */
  url: string;
  /**
   * The next connection on which the client sends these bytes is cut when the server answers
   * them: the server has done it, the client never hears. Resolves when it is cut.
   */
  cutAnswerTo(bytes: string): Promise<void>;
  close(): Promise<void>;
};

/** A TCP proxy before Postgres that loses answers. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  let armed: { bytes: string; cut: () => void } | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let silent: (() => void) | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (armed && data.includes(armed.bytes)) {
        silent = armed.cut;
        armed = undefined;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!silent) {
        client.write(data);
        return;
      }
      client.destroy();
      upstream.destroy();
      silent();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAnswerTo: (bytes) =>
      new Promise((resolve) => {
        armed = { bytes, cut: resolve };
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
