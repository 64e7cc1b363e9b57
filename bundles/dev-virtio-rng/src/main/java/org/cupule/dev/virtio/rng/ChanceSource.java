package org.cupule.dev.virtio.rng;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Takes them from the host.
 *
 * @threading confined to the device's gate
 */
final class ChanceSource implements Source {
    private final SecureRandom random = new SecureRandom();
    private long given;

    @Override
    public void fill(byte[] target, int lengthBytes) {
        byte[] drawn = new byte[lengthBytes];
        random.nextBytes(drawn);
        System.arraycopy(drawn, 0, target, 0, lengthBytes);
        Arrays.fill(drawn, (byte) 0);
        given++;
    }

    @Override
    public long given() {
        return given;
    }

    @Override
    public void given(long requests) {
        given = requests;
    }
}
