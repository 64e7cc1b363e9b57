package org.cupule.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.cupule.deployer.FuzzedPluginJar;
import org.cupule.types.HsmException;

/**
 * Plug-ins of strangers: a name and a version, or a sentence. An input that begins with {@code M} is the manifest of a
 * jar that is sound otherwise, any other a jar.
 */
public final class PluginJarFuzz {
    private PluginJarFuzz() {
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        boolean manifest = data.length > 0 && data[0] == 'M';
        try {
            String text = FuzzedPluginJar.read(manifest ? jar(data) : data);
            if (text.chars().anyMatch(c -> c < ' ' || c > '~')) {
                throw new AssertionError("a name that is none: " + text);
            }
        } catch (HsmException refused) {
            Refusal.check(refused);
        }
    }

    private static byte[] jar(byte[] manifest) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            zip.write(manifest);
            zip.putNextEntry(new ZipEntry("a.class"));
        }
        return bytes.toByteArray();
    }
}
