// A QuickFIX acceptor that answers each NewOrderSingle(D) with one ExecutionReport(8), and does nothing else.
//
//   quickfix_acceptor SESSIONS STORE        STORE: "memory", or the folder of a FileStore
//
// Serves LOAD1 ... LOADn to BDAX in FIX 4.4 on a port of 127.0.0.1, says "ready PORT", ends with its input.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/MessageStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/Values.h>
#include <quickfix/fix44/ExecutionReport.h>
#include <quickfix/fix44/NewOrderSingle.h>

namespace {

class Desk : public FIX::Application {
public:
    void onCreate(const FIX::SessionID &) override {}
    void onLogon(const FIX::SessionID &) override {}
    void onLogout(const FIX::SessionID &) override {}
    void toAdmin(FIX::Message &, const FIX::SessionID &) override {}
    void toApp(FIX::Message &, const FIX::SessionID &) throw(FIX::DoNotSend) override {}
    void fromAdmin(const FIX::Message &, const FIX::SessionID &) throw(
        FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {}

    void fromApp(const FIX::Message &message, const FIX::SessionID &session) throw(
        FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
        FIX::UnsupportedMessageType) override {
        FIX::ClOrdID cl_ord_id;
        FIX::Symbol symbol;
        FIX::Side side;
        FIX::OrderQty quantity;
        message.getField(cl_ord_id);
        message.getField(symbol);
        message.getField(side);
        message.getField(quantity);
        const std::string number = std::to_string(++orders_);
        FIX44::ExecutionReport report(FIX::OrderID{number}, FIX::ExecID{number},
                                      FIX::ExecType{FIX::ExecType_NEW}, FIX::OrdStatus{FIX::OrdStatus_NEW},
                                      side, FIX::LeavesQty{quantity}, FIX::CumQty{0}, FIX::AvgPx{0});
        report.set(cl_ord_id);
        report.set(symbol);
        report.set(quantity);
        FIX::Session::sendToTarget(report, session);
    }

private:
    unsigned long orders_ = 0;
};

// A port that is free now. QuickFIX wants to be told one.
int free_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    if (probe < 0 || bind(probe, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        getsockname(probe, reinterpret_cast<sockaddr *>(&address), &size) != 0) {
        std::perror("quickfix_acceptor");
        std::exit(1);
    }
    close(probe);
    return ntohs(address.sin_port);
}

}  // namespace

int main(int argc, char **argv) {
    const int sessions = argc == 3 ? std::atoi(argv[1]) : 0;
    if (sessions < 1) {
        std::cerr << "usage: quickfix_acceptor SESSIONS memory|FOLDER\n";
        return 2;
    }
    const std::string store = argv[2];
    const int port = free_port();
    try {
        FIX::Dictionary defaults;
        defaults.setString("ConnectionType", "acceptor");
        defaults.setInt("SocketAcceptPort", port);
        defaults.setString("SocketReuseAddress", "Y");
        defaults.setString("SocketNodelay", "Y");
        defaults.setString("StartTime", "00:00:00");
        defaults.setString("EndTime", "00:00:00");
        defaults.setString("UseDataDictionary", "N");
        defaults.setString("CheckLatency", "N");
        defaults.setString("FileStorePath", store);
        FIX::SessionSettings settings;
        settings.set(defaults);
        for (int number = 1; number <= sessions; ++number) {
            settings.set(FIX::SessionID("FIX.4.4", "BDAX", "LOAD" + std::to_string(number)), FIX::Dictionary());
        }
        Desk desk;
        std::unique_ptr<FIX::MessageStoreFactory> stores;
        if (store == "memory") {
            stores = std::make_unique<FIX::MemoryStoreFactory>();
        } else {
            stores = std::make_unique<FIX::FileStoreFactory>(settings);
        }
        FIX::SocketAcceptor acceptor(desk, *stores, settings);
        acceptor.start();
        std::cout << "ready " << port << std::endl;
        while (std::cin.get() != EOF) {
        }
        acceptor.stop(true);
    } catch (const std::exception &error) {
        std::cerr << "quickfix_acceptor: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
