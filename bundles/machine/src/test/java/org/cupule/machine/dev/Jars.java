package org.cupule.machine.dev;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Makes jars.
 *
 * @threading any thread
 */
final class Jars {
    private Jars() {
    }

    /** {@return a bundle with one entry} */
    static byte[] bundle(String name, String version, String content) throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", name);
        manifest.getMainAttributes().putValue("Bundle-Version", version);
        return jar(manifest, content);
    }

    /** {@return a jar that is no bundle} */
    static byte[] plain() throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        return jar(manifest, "");
    }

    private static byte[] jar(Manifest manifest, String content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest)) {
            jar.putNextEntry(new JarEntry("content"));
            jar.write(content.getBytes());
            jar.putNextEntry(new JarEntry("META-INF/ACME.SF"));
        }
        return bytes.toByteArray();
    }
}
