/** What has changed cannot be told by the change alone: whole trees have to be compared. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
}
