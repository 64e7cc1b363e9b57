package org.cupule.machine.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells VM files from images.
 *
 * @threading immutable
 */
final class VmFiles {
    private static final int LOOKED_AT_BYTES = 256;

    private VmFiles() {
    }

    /** {@return whether the first character that is not blank is an opening brace, or the name ends in .json} */
    static boolean is(Path file) {
        if (file.getFileName().toString().endsWith(".json")) {
            return true;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LOOKED_AT_BYTES), java.nio.charset.StandardCharsets.UTF_8).strip()
                    .startsWith("{");
        } catch (IOException e) {
            return false;
        }
    }
}
