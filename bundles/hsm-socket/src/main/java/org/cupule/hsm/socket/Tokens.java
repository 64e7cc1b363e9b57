package org.cupule.hsm.socket;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Names of open files that nobody can guess.
 *
 * @threading immutable
 */
final class Tokens {
    private static final SecureRandom RANDOM = new SecureRandom();

    private Tokens() {
    }

    /** {@return a new one} */
    static byte[] next() {
        byte[] token = new byte[Request.TOKEN];
        RANDOM.nextBytes(token);
        return token;
    }

    static String text(byte[] token) {
        return HexFormat.of().formatHex(token);
    }
}
