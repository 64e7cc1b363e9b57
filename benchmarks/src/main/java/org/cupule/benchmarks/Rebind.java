package org.cupule.benchmarks;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.launch.Framework;

/**
 * Felix with Declarative Services, and one component that is bound to the better of two services: how long DS itself
 * takes to change a reference, the yardstick of a swap's pause.
 *
 * @threading confined to one thread
 */
final class Rebind implements AutoCloseable {
    private static final String COMPONENT = """
            <?xml version="1.0" encoding="UTF-8"?>
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="rebound" immediate="true">
              <implementation class="org.cupule.benchmarks.Rebound"/>
              <reference name="supplier" interface="java.util.function.LongSupplier" policy="dynamic"
                         policy-option="greedy" bind="bind" unbind="unbind"/>
            </scr:component>
            """;

    private final Framework framework;
    private final ServiceRegistration<LongSupplier> standing;

    Rebind() throws IOException, BundleException {
        Map<String, String> settings = new HashMap<>();
        settings.put(Constants.FRAMEWORK_STORAGE, Files.createTempDirectory("cupule-bench").toString());
        settings.put("felix.log.level", "1");
        framework = new FrameworkFactory().newFramework(settings);
        framework.start();
        for (String needed : Arrays.asList("org.osgi.util.function", "org.osgi.util.promise",
                "org.osgi.service.component", "org.apache.felix.scr")) {
            framework.getBundleContext().installBundle(onClassPath(needed)).start();
        }
        standing = register(0);
        framework.getBundleContext().installBundle("rebound", bundle()).start();
    }

    private static String onClassPath(String artifact) {
        return Arrays.stream(System.getProperty("java.class.path").split(":"))
                .map(Path::of).filter(path -> path.getFileName().toString().matches(artifact + "-[0-9.]+\\.jar"))
                .findFirst().orElseThrow(() -> new IllegalStateException(artifact + " is not on the class path"))
                .toUri().toString();
    }

    private static InputStream bundle() throws IOException {
        var manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
        main.putValue(Constants.BUNDLE_SYMBOLICNAME, "org.cupule.benchmarks.rebound");
        main.putValue("Service-Component", "OSGI-INF/rebound.xml");
        String path = Rebound.class.getName().replace('.', '/') + ".class";
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest);
                InputStream code = Objects.requireNonNull(Rebound.class.getResourceAsStream("/" + path))) {
            jar.putNextEntry(new JarEntry("OSGI-INF/rebound.xml"));
            jar.write(COMPONENT.getBytes(StandardCharsets.UTF_8));
            jar.putNextEntry(new JarEntry(path));
            code.transferTo(jar);
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    private ServiceRegistration<LongSupplier> register(int ranking) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(Constants.SERVICE_RANKING, ranking);
        return framework.getBundleContext().registerService(LongSupplier.class, () -> ranking, properties);
    }

    /** Offers a better service, which the component is bound to before this returns. @return nanoseconds */
    double nanos() {
        long before = System.nanoTime();
        ServiceRegistration<LongSupplier> better = register(1);
        long after = System.nanoTime();
        if (better.getReference().getUsingBundles() == null) {
            throw new IllegalStateException("DS did not bind the better service");
        }
        better.unregister();
        return after - before;
    }

    @Override
    public void close() throws BundleException {
        standing.unregister();
        framework.stop();
    }
}
