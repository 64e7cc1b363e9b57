package org.cupule.hw.cpu.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** FPU, MMX and XMM registers, as FXSAVE64 writes them. Source: Intel SDM volume 2, "FXSAVE". */
final class FxImage {
    static final int BYTES = 512;
    private static final int CONTROL = 0;
    private static final int STATUS = 2;
    private static final int TAGS = 4;
    private static final int MXCSR = 24;
    private static final int STACK = 32;
    private static final int XMM = 160;

    private final ByteBuffer image = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /** As after FNINIT, with MXCSR as after power-on. */
    FxImage() {
        image.putShort(CONTROL, (short) 0x37F);
        mxcsr(0x1F80);
    }

    /** {@return the bytes, not a copy} */
    byte[] image() {
        return image.array();
    }

    int control() {
        return image.getShort(CONTROL) & 0xFFFF;
    }

    void control(int value) {
        image.putShort(CONTROL, (short) value);
    }

    int status() {
        return image.getShort(STATUS) & 0xFFFF;
    }

    void status(int value) {
        image.putShort(STATUS, (short) value);
    }

    /** {@return a bit for each register, by its own number, that holds something} */
    int tags() {
        return image.get(TAGS) & 0xFF;
    }

    void tags(int value) {
        image.put(TAGS, (byte) value);
    }

    int mxcsr() {
        return image.getInt(MXCSR);
    }

    void mxcsr(int value) {
        image.putInt(MXCSR, value);
    }

    /** {@return the significand of ST(i), or MMi where TOP is 0} */
    long fraction(int i) {
        return image.getLong(STACK + 16 * i);
    }

    /** {@return sign and exponent of ST(i)} */
    int high(int i) {
        return image.getShort(STACK + 16 * i + 8) & 0xFFFF;
    }

    void stack(int i, int high, long fraction) {
        image.putLong(STACK + 16 * i, fraction).putLong(STACK + 16 * i + 8, high & 0xFFFF);
    }

    /** {@return half a register: two for each of the sixteen, the lower one first} */
    long xmm(int half) {
        return image.getLong(XMM + 8 * half);
    }

    void xmm(int half, long value) {
        image.putLong(XMM + 8 * half, value);
    }

    @Override
    public String toString() {
        var text = new StringBuilder(
                "%nfcw=%x fsw=%x tags=%x mxcsr=%x%n".formatted(control(), status(), tags(), mxcsr()));
        for (int i = 0; i < 8; i++) {
            text.append("st%d=%04x:%016x ".formatted(i, high(i), fraction(i))).append(i == 3 ? "\n" : "");
        }
        for (int i = 0; i < 16; i++) {
            text.append(i % 4 == 0 ? "\n" : " ")
                    .append("xmm%d=%016x_%016x".formatted(i, xmm(2 * i + 1), xmm(2 * i)));
        }
        return text.toString();
    }
}
