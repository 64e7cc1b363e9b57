package org.cupule.deployer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.util.Optional;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A plug-in's jar, read whole before anything is done with it: what happens to the file afterwards does not matter.
 *
 * @param name
 *            symbolic name
 * @param version
 *            bundle version
 * @param bytes
 *            the jar
 * @threading immutable: the array must not be changed
 */
record PluginJar(String name, Version version, byte[] bytes) {
    private static final int MOST_BYTES = 64 << 20;

    /** Reads a jar: ENOENT when it is not there, EINVAL when it is no bundle or a fragment. */
    static PluginJar read(URI location) {
        byte[] bytes = fetch(location);
        var manifest = manifest(location, bytes).getMainAttributes();
        String name = manifest.getValue(Constants.BUNDLE_SYMBOLICNAME);
        if (name == null || manifest.getValue(Constants.FRAGMENT_HOST) != null) {
            throw invalid(location, "it is not a bundle of its own: build it with bnd, as the examples are");
        }
        return new PluginJar(name.split(";", 2)[0].strip(),
                version(location, manifest.getValue(Constants.BUNDLE_VERSION)), bytes);
    }

    InputStream open() {
        return new ByteArrayInputStream(bytes);
    }

    private static byte[] fetch(URI location) {
        try (InputStream in = location.toURL().openStream()) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw invalid(location, "it is larger than 64 MiB");
            }
            return bytes;
        } catch (MalformedURLException | IllegalArgumentException e) {
            throw new HsmException(Errno.EINVAL, "plug", "'" + location + "' is not an address of a jar", e);
        } catch (IOException e) {
            throw new HsmException(Errno.ENOENT, "plug", location + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Manifest manifest(URI location, byte[] bytes) {
        try (var jar = new JarInputStream(new ByteArrayInputStream(bytes))) {
            return Optional.ofNullable(jar.getManifest())
                    .orElseThrow(() -> invalid(location, "it is no jar with a manifest at its front"));
        } catch (IOException e) {
            throw invalid(location, "it is damaged: " + e.getMessage());
        }
    }

    private static Version version(URI location, String text) {
        try {
            return Version.parseVersion(text);
        } catch (IllegalArgumentException e) {
            throw invalid(location, "its Bundle-Version '" + text + "' is none");
        }
    }

    private static HsmException invalid(URI location, String why) {
        return new HsmException(Errno.EINVAL, "plug", location + ": " + why);
    }
}
