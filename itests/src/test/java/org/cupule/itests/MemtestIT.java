package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ops4j.pax.exam.CoreOptions.streamBundle;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.inject.Inject;
import org.cupule.hardware.EptFactory;
import org.cupule.machine.Machines;
import org.cupule.tck.hardware.AliasedEpt;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/**
 * A program that nobody here wrote judges the platform: memtest86+ while EPT and CPU are swapped under it, and the
 * control, in which it must find that one page shows another one.
 *
 * <p>
 * With {@code -Dcupule.long=true} it runs until all tests, #0 to #9, are done, which takes some minutes; else until the
 * address tests #0 to #2 are.
 */
@RunWith(MemtestRunner.class)
@ExamReactorStrategy(PerClass.class)
public class MemtestIT {
    private static final long MEMORY_BYTES = 16 << 20;
    private static final int SWAPS = 50;
    private static final Duration DRAWS = Duration.ofMinutes(2);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    /** The first test that need not be done any more: #10 waits for bits to fade. */
    private static final int END = Boolean.getBoolean("cupule.long") ? 10 : 3;
    private static final long ALIAS = 0x90_0000;
    private static final long TARGET = 0xA0_0000;

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;

    /** {@return the platform, and a bundle with the faulty EPT of the contract tests} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform(), streamBundle(faulty())};
    }

    private static InputStream faulty() throws IOException {
        var manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "org.cupule.faulty.ept");
        main.putValue("Export-Package", "org.cupule.tck.hardware");
        main.putValue("DynamicImport-Package", "*");
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest)) {
            for (String name : List.of("AliasedEpt", "AliasedEpt$1")) {
                String path = "org/cupule/tck/hardware/" + name + ".class";
                jar.putNextEntry(new JarEntry(path));
                try (InputStream in = AliasedEpt.class.getResourceAsStream("/" + path)) {
                    in.transferTo(jar);
                }
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Test
    public void findsTheMemoryAndNoErrorWhileItsHardwareIsSwapped() throws Exception {
        var plugin = context.installBundle(TestPlatform.plugin("hw-ept-interval").toUri().toString());
        plugin.start();
        try (var memtest = Memtest.start(machines, MEMORY_BYTES, Map.of())) {
            memtest.await(() -> memtest.test() >= 0, PATIENCE, "the first test");
            assertThat(memtest.mebibytes()).isEqualTo(MEMORY_BYTES >> 20);

            int swaps = swapUntilDone(memtest);

            assertThat(memtest.errors()).as("errors").isZero();
            assertThat(swaps).isGreaterThanOrEqualTo(SWAPS);
            System.out.printf(
                    "VERIFIED: memtest86+: %d MiB, tests #0 to #%d, %d swaps of EPT and CPU model, 0 errors%n",
                    memtest.mebibytes(), memtest.test() - 1, swaps);
        } finally {
            plugin.uninstall();
        }
    }

    private int swapUntilDone(Memtest memtest) {
        var owners = new Owners(context);
        long end = System.nanoTime() + PATIENCE.toNanos();
        int swaps = 0;
        while (memtest.test() < END || swaps < SWAPS) {
            owners.swap(memtest.target("cpu0"), "single-step");
            owners.swap(memtest.target("ept"), "interval");
            owners.swap(memtest.target("cpu0"), "interpreter");
            memtest.awaitMore(DRAWS);
            owners.swap(memtest.target("ept"), "four-level");
            memtest.awaitMore(DRAWS);
            swaps += 4;
            assertThat(memtest.errors()).as("errors in test #%d after %d swaps", memtest.test(), swaps).isZero();
            assertThat(end - System.nanoTime()).as("time left in test #%d", memtest.test()).isPositive();
        }
        return swaps;
    }

    @Test
    public void findsThatOnePageShowsAnotherOne() throws Exception {
        EptFactory sound = context.getServiceReferences(EptFactory.class, null).stream().map(context::getService)
                .filter(factory -> factory.info().name().equals("four-level")).findFirst().orElseThrow();
        var faulty = context.registerService(EptFactory.class, AliasedEpt.factory(sound, ALIAS, TARGET), null);
        try (var memtest = Memtest.start(machines, MEMORY_BYTES, Map.of("ept", "aliased"))) {
            memtest.await(() -> memtest.errors() > 0, PATIENCE, "errors");
        } finally {
            faulty.unregister();
        }
    }
}
