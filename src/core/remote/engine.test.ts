import { placeHere } from '../testing/conformancePlace.ts';
import { directoryTransport } from '../testing/directorySftp.ts';
import { engineConformance } from '../testing/engineConformance.ts';
import { linkTo } from '../testing/engineHere.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { faultySftp } from '../testing/faultySftp.ts';
import { localTransport } from '../testing/localConnection.ts';
import { sftpEngine } from './sftp/index.ts';
import { shellEngine } from './shell/index.ts';

engineConformance(
  'the shell engine',
  () =>
    placeHere((path, cut) =>
      shellEngine(
        linkTo(
          cut === undefined ? localTransport() : faultyTransport(localTransport(), (_, index) => cut(index)),
        ),
        path,
      ),
    ),
  { cutEvery: 4 },
);

engineConformance(
  'the sftp engine',
  () =>
    placeHere((path, cut) => sftpEngine(linkTo(faultySftp(directoryTransport(), cut ?? (() => null))), path)),
  { cutEvery: 41 },
);
