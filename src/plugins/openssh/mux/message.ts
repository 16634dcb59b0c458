/** Numbers of messages: RFC 4254, 9. */
export const MESSAGE = {
  open: 90,
  opened: 91,
  refused: 92,
  adjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const;
