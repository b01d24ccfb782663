/** Keeps the last answer for a while, for whoever asks the very same again. */
export class RecentAnswer<T> {
  private readonly holdsMs: number;
  private readonly nowMs: () => number;
  private last: { readonly question: string; readonly atMs: number; readonly answer: T } | undefined;

  /** @param holdsMs for how long an answer is not asked for again */
  constructor(holdsMs: number, nowMs: () => number = () => performance.now()) {
    this.holdsMs = holdsMs;
    this.nowMs = nowMs;
  }

  /** @param find is not called while the last answer was to the same question and still holds */
  async to(question: string, find: () => Promise<T>): Promise<T> {
    const { last } = this;
    if (last?.question === question && this.nowMs() - last.atMs < this.holdsMs) return last.answer;
    const answer = await find();
    this.last = { question, atMs: this.nowMs(), answer };
    return answer;
  }
}
