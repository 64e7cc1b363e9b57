package org.cupule.tck.hypervisor;

import java.io.ByteArrayOutputStream;

/**
 * Machine code as a person can read it: each line begins with bytes in hexadecimal, one blank apart, and ends, after
 * two blanks or more, with what they mean.
 *
 * @threading immutable
 */
public final class MachineCode {
    private MachineCode() {
    }

    /** {@return the bytes of a listing} */
    public static byte[] of(String listing) {
        var bytes = new ByteArrayOutputStream();
        listing.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(line -> {
            for (String digits : line.split(" {2,}", 2)[0].split(" ")) {
                bytes.write(Integer.parseInt(digits, 16));
            }
        });
        return bytes.toByteArray();
    }
}
