package org.cupule.device.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.cupule.conformance.DeviceTck;
import org.cupule.conformance.DeviceTck.Finding;
import org.cupule.conformance.DeviceTck.Result;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;

class LiveDeviceTckTest {
    private final DebugExitFactory factory = new DebugExitFactory();
    /** Knows no bundle, so that no classes can be read. */
    private final LiveDeviceTck tck = new LiveDeviceTck((BundleContext) Proxy.newProxyInstance(
            LiveDeviceTckTest.class.getClassLoader(), new Class<?>[]{BundleContext.class},
            (self, method, given) -> null));

    @BeforeEach
    void offer() {
        tck.bindDeviceFactory(factory, Map.of("service.bundleid", 7L));
    }

    @Test
    void examinesAnOfferedModelByAllChecks() {
        List<Finding> findings = tck.examine(factory.info(), 7, List.of());
        assertThat(findings).extracting(Finding::check).containsExactlyElementsOf(tck.checks());
        assertThat(findings).extracting(Finding::result).doesNotContain(Result.FAIL).contains(Result.PASS);
    }

    @Test
    void makesOnlyTheChecksThatAreAskedFor() {
        assertThat(tck.examine(factory.info(), -1, List.of("save-twice"))).singleElement()
                .satisfies(finding -> assertThat(finding.check().name()).isEqualTo("save-twice"))
                .extracting(Finding::result).isEqualTo(Result.PASS);
    }

    @Test
    void saysWhyWithoutTheClassesOfThePlugIn() {
        assertThat(tck.examine(factory.info(), 7, List.of("no-threads"))).singleElement()
                .extracting(DeviceTck.Finding::sentence).isEqualTo("its classes cannot be read");
    }

    @Test
    void knowsNoModelThatHasLeft() {
        tck.unbindDeviceFactory(factory);
        assertThatThrownBy(() -> tck.examine(factory.info(), -1, List.of())).isInstanceOf(HsmException.class)
                .hasMessageContaining("no plug-in offers a device");
    }
}
