package org.cupule.tck.device;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.cupule.device.DmaMemory;

/**
 * Guest RAM over an array of bytes; everything else is no RAM.
 *
 * @threading confined to the test
 */
public final class FakeRam implements DmaMemory {
    private final long first;
    private final byte[] bytes;
    private boolean busMaster = true;
    private boolean refusing;
    private boolean accepting;
    private int transfers;

    /** Makes RAM of zeros. */
    public FakeRam(long firstGpa, int lengthBytes) {
        first = firstGpa;
        bytes = new byte[lengthBytes];
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        Objects.checkFromIndexSize(from, lengthBytes, target.length);
        if (!inside(gpa, lengthBytes)) {
            return false;
        }
        if (holds(gpa, lengthBytes)) {
            System.arraycopy(bytes, (int) (gpa - first), target, from, lengthBytes);
        }
        return true;
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        Objects.checkFromIndexSize(from, lengthBytes, source.length);
        if (!inside(gpa, lengthBytes)) {
            return false;
        }
        if (holds(gpa, lengthBytes)) {
            System.arraycopy(source, from, bytes, (int) (gpa - first), lengthBytes);
        }
        return true;
    }

    private boolean inside(long gpa, int lengthBytes) {
        boolean possible = busMaster && !refusing && (accepting || holds(gpa, lengthBytes));
        transfers += possible || refusing ? 1 : 0;
        return possible;
    }

    private boolean holds(long gpa, int lengthBytes) {
        return gpa >= first && gpa - first <= bytes.length - lengthBytes;
    }

    /** Says whether each address is taken from now on: elsewhere nothing is kept, and what is read stays as it was. */
    public void accepting(boolean all) {
        accepting = all;
    }

    /** Says whether nothing is RAM from now on, wherever the device looks. */
    public void refusing(boolean all) {
        refusing = all;
    }

    /** {@return how many transfers were done, or refused since nothing is RAM} */
    public int transfers() {
        return transfers;
    }

    /** Says whether the guest lets the device master the bus. */
    public void busMaster(boolean allowed) {
        busMaster = allowed;
    }

    boolean mastering() {
        return busMaster;
    }

    /** {@return a copy of bytes} */
    public byte[] peek(long gpa, int lengthBytes) {
        int from = (int) (gpa - first);
        return Arrays.copyOfRange(bytes, from, from + lengthBytes);
    }

    /** Puts bytes, as the guest would. */
    public void poke(long gpa, byte... values) {
        System.arraycopy(values, 0, bytes, (int) (gpa - first), values.length);
    }

    /** Puts a text, a byte for each character. */
    public void poke(long gpa, String text) {
        poke(gpa, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** {@return its length in bytes} */
    public int lengthBytes() {
        return bytes.length;
    }

    FakeRam copy() {
        var copy = new FakeRam(first, bytes.length);
        copy.poke(first, bytes);
        copy.busMaster = busMaster;
        return copy;
    }
}
