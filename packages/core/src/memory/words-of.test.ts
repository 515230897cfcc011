import { wordsOf } from './words-of.js';

describe('wordsOf', () => {
  it('gives words without punctuation, case and compatibility forms', () => {
    expect(wordsOf("Where's my PARCEL-7? (№5, ﬁne)")).toEqual(['where', 's', 'my', 'parcel', '7', 'no5', 'fine']);
    expect(wordsOf('Straße STRASSE')).toEqual(['strasse', 'strasse']);
    expect(wordsOf('ὈΔΥΣΣΕΎΣ')).toEqual(wordsOf('ὀδυσσεύς'));
  });

  it('keeps marks with their letters', () => {
    expect(wordsOf('पार्सल הַסֵּפֶר')).toHaveLength(2);
    expect(wordsOf('re\u0301sume\u0301')).toEqual(['r\u00e9sum\u00e9']);
  });

  it('gives characters and pairs where nothing stands between words', () => {
    expect(wordsOf('黒い猫')).toEqual(['黒', 'い', '黒い', '猫', 'い猫']);
    expect(wordsOf('USBケーブル5本')).toEqual([
      ...['usb', 'ケ', 'ー', 'ケー', 'ブ', 'ーブ', 'ル', 'ブル'],
      ...['5', '本'],
    ]);
  });

  it('finds nothing in what has no words', () => {
    for (const text of ['', ' \n', '?!', '🙂', '\ud83d']) expect(wordsOf(text)).toEqual([]);
  });

  it('cuts what is no word any more, and takes time in proportion to the text', () => {
    expect(wordsOf('x'.repeat(1_000_000))).toEqual(['x'.repeat(64)]);
    expect(wordsOf('猫'.repeat(100_000))).toHaveLength(199_999);
    expect(wordsOf('a猫'.repeat(50_000))).toHaveLength(100_000);
  });
});
