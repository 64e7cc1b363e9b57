package org.cupule.deployer;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.cupule.deployer.PluginJar.Signer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * What is in a jar, as the framework will see it: by its central directory, so the bytes are put into a file for a
 * moment. All entries are unpacked once, for nothing but to count and to have their digests compared.
 *
 * @param manifest
 *            the main section of the manifest
 * @param signers
 *            who signed every entry
 * @threading immutable: the attributes must not be changed
 */
record JarContent(Attributes manifest, List<Signer> signers) {
    private static final int MOST_ENTRIES = 20_000;
    private static final long MOST_UNPACKED = 256L << 20;
    private static final int MOST_MANIFEST = 1 << 20;
    private static final int MOST_SHOWN = 80;
    private static final char REPLACEMENT = '\uFFFD';

    /** Reads a jar: EINVAL, with what is wrong with it. */
    static JarContent of(URI location, byte[] bytes) {
        Path copy = write(bytes);
        try (var jar = new JarFile(copy.toFile(), true)) {
            Manifest manifest = manifest(location, jar);
            return new JarContent(manifest.getMainAttributes(), List.copyOf(signers(location, jar)));
        } catch (SecurityException e) {
            throw PluginJar.invalid(location, "its signature does not fit its content: " + shown(e.getMessage()));
        } catch (IOException | IllegalArgumentException e) {
            throw PluginJar.invalid(location, "it is no jar, or damaged: " + shown(e.getMessage()));
        } finally {
            delete(copy);
        }
    }

    private static Path write(byte[] bytes) {
        try {
            return Files.write(Files.createTempFile("plugin", ".jar"), bytes);
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "plug", "a jar cannot be put aside: " + e.getMessage(), e);
        }
    }

    private static void delete(Path copy) {
        try {
            Files.deleteIfExists(copy);
        } catch (IOException e) {
            copy.toFile().deleteOnExit();
        }
    }

    private static Manifest manifest(URI location, JarFile jar) throws IOException {
        JarEntry entry = jar.getJarEntry(JarFile.MANIFEST_NAME);
        if (entry == null) {
            throw PluginJar.invalid(location, "it is a jar without a manifest, so no bundle");
        }
        try (InputStream in = jar.getInputStream(entry)) {
            if (in.readNBytes(MOST_MANIFEST + 1).length > MOST_MANIFEST) {
                throw PluginJar.invalid(location, "its manifest is larger than 1 MiB");
            }
        }
        Manifest manifest = jar.getManifest();
        for (Map.Entry<Object, Object> header : manifest.getMainAttributes().entrySet()) {
            requireText(location, header.getKey().toString(), header.getValue().toString());
        }
        return manifest;
    }

    private static void requireText(URI location, String header, String value) {
        if (value.chars().anyMatch(c -> c == REPLACEMENT || c < ' ' && c != '\t')) {
            throw PluginJar.invalid(location, "the manifest's header '" + shown(header)
                    + "' is not text in UTF-8");
        }
    }

    private static Set<Signer> signers(URI location, JarFile jar) throws IOException {
        var names = new HashSet<String>();
        Set<Signer> common = null;
        long unpacked = 0;
        for (JarEntry entry : Collections.list(jar.entries())) {
            if (!names.add(entry.getName()) || names.size() > MOST_ENTRIES) {
                throw PluginJar.invalid(location, names.size() > MOST_ENTRIES
                        ? "it has more than " + MOST_ENTRIES + " entries"
                        : "it has the entry '" + shown(entry.getName()) + "' twice");
            }
            unpacked += unpack(location, jar, entry, MOST_UNPACKED - unpacked);
            if (!entry.isDirectory() && !ofSignature(entry.getName())) {
                common = common(common, entry);
            }
        }
        return common == null ? Set.of() : common;
    }

    private static long unpack(URI location, JarFile jar, JarEntry entry, long most) throws IOException {
        byte[] block = new byte[1 << 16];
        long count = 0;
        try (InputStream in = jar.getInputStream(entry)) {
            for (int got = in.read(block); got >= 0; got = in.read(block)) {
                count += got;
                if (count > most) {
                    throw PluginJar.invalid(location, "it unpacks to more than 256 MiB");
                }
            }
        }
        return count;
    }

    private static boolean ofSignature(String name) {
        return name.toUpperCase(java.util.Locale.ROOT)
                .matches("META-INF/(MANIFEST\\.MF|SIG-[^/]*|[^/]*\\.(SF|RSA|DSA|EC))");
    }

    private static Set<Signer> common(@Nullable Set<Signer> before, JarEntry entry) {
        CodeSigner[] signed = entry.getCodeSigners();
        var now = new HashSet<Signer>();
        Stream.of(signed == null ? new CodeSigner[0] : signed).map(JarContent::signer).forEach(now::add);
        if (before != null) {
            now.retainAll(before);
        }
        return now;
    }

    private static Signer signer(CodeSigner signer) {
        var certificate = (X509Certificate) signer.getSignerCertPath().getCertificates().getFirst();
        try {
            return new Signer(certificate.getSubjectX500Principal().getName(),
                    PluginJar.sha256(certificate.getEncoded()));
        } catch (CertificateEncodingException e) {
            throw new SecurityException(e.getMessage(), e);
        }
    }

    /** {@return text of a stranger, fit for a message} */
    static String shown(@Nullable String text) {
        String plain = String.valueOf(text).replaceAll("[\\p{Cntrl}\uFFFD]", "?");
        return plain.length() <= MOST_SHOWN ? plain : plain.substring(0, MOST_SHOWN) + "...";
    }
}
