package org.cupule.machine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapeKeysTest {
    /** Ctrl-A is written ^ here; what is sent stands in brackets. */
    @ParameterizedTest
    @CsvSource({"abc,[abc]", "^x,END", "a^xb,[a]END[b]", "^c,SHELL", "^^,[^]", "^q,[^q]", "a^^b,[a^b]", "^^x,[^x]",
            "^x^c,ENDSHELL"})
    void tellsThePlatformsKeysFromTheGuests(String typed, String expected) {
        assertThat(played(typed, typed.length())).isEqualTo(expected);
        assertThat(played(typed, 1).replace("][", "")).isEqualTo(expected);
    }

    private static String played(String typed, int pieces) {
        var seen = new StringBuilder();
        var keys = new EscapeKeys(false);
        byte[] bytes = typed.replace('^', '\1').getBytes(ISO_8859_1);
        for (int from = 0; from < bytes.length; from += pieces) {
            byte[] piece = java.util.Arrays.copyOfRange(bytes, from, Math.min(from + pieces, bytes.length));
            keys.accept(piece, piece.length, new EscapeKeys.Actions() {
                @Override
                public void send(byte[] sent, int count) {
                    seen.append(count == 0 ? "" : "[" + new String(sent, 0, count, ISO_8859_1) + "]");
                }

                @Override
                public void end() {
                    seen.append("END");
                }

                @Override
                public void shell() {
                    seen.append("SHELL");
                }
            });
        }
        return seen.toString().replace('\1', '^');
    }
}
