package org.cupule.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A plug-in that cannot be stopped. */
public final class HangsInItsStop implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        // all is well so far
    }

    @Override
    public void stop(BundleContext context) {
        while (context != null) {
            LockSupport.park(this);
        }
    }

    static void into(Path jar) throws IOException {
        var manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", "acme.hangs");
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Bundle-Activator", HangsInItsStop.class.getName());
        headers.putValue("Import-Package", "org.osgi.framework");
        String name = HangsInItsStop.class.getName().replace('.', '/') + ".class";
        Files.createDirectories(jar.getParent());
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream own = HangsInItsStop.class.getClassLoader().getResourceAsStream(name)) {
            out.putNextEntry(new JarEntry(name));
            own.transferTo(out);
            out.closeEntry();
        }
    }
}
