package org.cupule.deployer;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A plug-in's jar, read whole before anything is done with it: what happens to the file afterwards does not matter. Who
 * made it is not trusted: sizes are bounded, and what is wrong with it is told in one sentence.
 *
 * @param location
 *            where it came from
 * @param name
 *            symbolic name
 * @param version
 *            bundle version
 * @param sha256
 *            SHA-256 of the bytes, in lower-case hexadecimal: tells builds of the same version apart
 * @param signers
 *            who signed all of it
 * @param bytes
 *            the jar
 * @threading immutable: the array must not be changed
 */
record PluginJar(URI location, String name, Version version, String sha256, List<Signer> signers, byte[] bytes) {
    /** The largest jar, in bytes. */
    static final int MOST_BYTES = 64 << 20;
    private static final int PATIENCE_MILLIS = 10_000;
    private static final int MOST_MILLIS = 60_000;
    private static final int PART_BYTES = 1 << 16;
    private static final int SHORT = 8;
    /** OSGi Core R8, 1.3.2: symbolic-name ::= token ( '.' token )*. */
    private static final String SYMBOLIC_NAME = "[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*";
    private static final int LONGEST_NAME = 255;

    /**
     * A certificate that the jar was signed with.
     *
     * @param subject
     *            whose it is
     * @param fingerprint
     *            SHA-256 of the certificate, in lower-case hexadecimal
     * @threading immutable
     */
    record Signer(String subject, String fingerprint) {
    }

    /** Reads a jar: ENOENT when it is not there, EINVAL when it is no bundle or a fragment. */
    static PluginJar read(URI location) {
        return of(location, fetch(location));
    }

    /** {@return a jar that was read already}; EINVAL when it is no bundle of its own. */
    static PluginJar of(URI location, byte[] bytes) {
        JarContent content = JarContent.of(location, bytes);
        Attributes manifest = content.manifest();
        String name = manifest.getValue(Constants.BUNDLE_SYMBOLICNAME);
        if (name == null || manifest.getValue(Constants.FRAGMENT_HOST) != null
                || !"2".equals(manifest.getValue(Constants.BUNDLE_MANIFESTVERSION))) {
            throw invalid(location, "it is not a bundle of its own: build it with bnd, as the examples are");
        }
        return new PluginJar(location, symbolicName(location, name.split(";", 2)[0].strip()),
                version(location, manifest.getValue(Constants.BUNDLE_VERSION)), sha256(bytes), content.signers(),
                bytes);
    }

    InputStream open() {
        return new ByteArrayInputStream(bytes);
    }

    /** {@return name, version and the beginning of the hash, for people} */
    String text() {
        return "%s@%s (%s)".formatted(name, version, brief(sha256));
    }

    /** {@return the beginning of a hash, for people} */
    static String brief(String sha256) {
        return sha256.substring(0, Math.min(SHORT, sha256.length()));
    }

    /** {@return the SHA-256 of some bytes, in lower-case hexadecimal} */
    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each Java platform has it
        }
    }

    private static byte[] fetch(URI location) {
        try (InputStream in = stream(location)) {
            return whole(location, in);
        } catch (MalformedURLException | IllegalArgumentException e) {
            throw new HsmException(Errno.EINVAL, "plug", "'" + location + "' is not an address of a jar", e);
        } catch (IOException e) {
            throw new HsmException(Errno.ENOENT, "plug", location + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** A far end that gives a byte now and then does not hold us for ever. */
    private static byte[] whole(URI location, InputStream in) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MOST_MILLIS);
        var bytes = new ByteArrayOutputStream();
        byte[] part = new byte[PART_BYTES];
        for (int count = in.read(part); count >= 0; count = in.read(part)) {
            bytes.write(part, 0, count);
            if (bytes.size() > MOST_BYTES) {
                throw invalid(location, "it is larger than 64 MiB");
            }
            if (System.nanoTime() - deadline > 0) {
                throw new HsmException(Errno.ETIMEDOUT, "plug", location + " does not come whole within a minute");
            }
        }
        return bytes.toByteArray();
    }

    private static InputStream stream(URI location) throws IOException {
        if ("file".equals(location.getScheme())) {
            return file(location);
        }
        URLConnection connection = location.toURL().openConnection();
        connection.setConnectTimeout(PATIENCE_MILLIS);
        connection.setReadTimeout(PATIENCE_MILLIS);
        return connection.getInputStream();
    }

    /** A pipe would keep us waiting, a folder would be a list of names. */
    private static InputStream file(URI location) throws IOException {
        Path file = Path.of(location);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw invalid(location, "it is no regular file");
        }
        return Files.newInputStream(file);
    }

    private static String symbolicName(URI location, String name) {
        if (name.length() > LONGEST_NAME || !name.matches(SYMBOLIC_NAME)) {
            throw invalid(location, "its Bundle-SymbolicName '%s' is none".formatted(JarContent.shown(name)));
        }
        return name;
    }

    private static Version version(URI location, String text) {
        try {
            return Version.parseVersion(text);
        } catch (IllegalArgumentException e) {
            throw invalid(location, "its Bundle-Version '" + JarContent.shown(text) + "' is none");
        }
    }

    static HsmException invalid(URI location, String why) {
        return new HsmException(Errno.EINVAL, "plug", location + ": " + why);
    }
}
