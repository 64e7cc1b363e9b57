package org.cupule.dev.virtio.rng;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Computes them of a seed, the number of the request and the number of the block in it, by SHA-256: the same in each
 * run, and with a state of one number.
 *
 * @threading confined to the device's gate
 */
final class CountingSource implements Source {
    private final byte[] seed;
    private final MessageDigest digest;
    private long given;

    CountingSource(byte[] seed) {
        this.seed = seed;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }

    @Override
    public void fill(byte[] target, int lengthBytes) {
        for (int at = 0; at < lengthBytes; at += digest.getDigestLength()) {
            digest.update(seed);
            byte[] block = digest.digest(ByteBuffer.allocate(12).putLong(given).putInt(at).array());
            System.arraycopy(block, 0, target, at, Math.min(block.length, lengthBytes - at));
        }
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
