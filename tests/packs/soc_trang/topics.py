"""What an entry's document says about its topic: why, how, with what result. The words carry no name and no place."""

WHY = "Sự cần thiết"
HOW = "Cách làm"
RESULT = "Kết quả"
NEXT = "Hướng nhân rộng"

TOPICS = {
    "zalo": (
        "Hội viên đi làm ca, đi làm ăn xa nên thông báo giấy đến chậm, nhiều chị lỡ buổi sinh hoạt.",
        "Chi hội lập nhóm Zalo, ghim lịch sinh hoạt, mỗi tuần đăng một chủ đề và cử người trả lời câu hỏi.",
    ),
    "hop": (
        "Đường xa, giờ làm khác nhau, mỗi buổi sinh hoạt trực tiếp thường vắng gần một nửa hội viên.",
        "Họp qua Google Meet hoặc Zoom vào buổi tối, có người hướng dẫn vào phòng, biên bản gửi ngay sau buổi họp.",
    ),
    "qr": (
        "Điểm danh giấy mất thời gian, tài liệu in ra tốn kém mà ít người giữ lại.",
        "In một mã QR đặt ở cửa, hội viên quét để điểm danh và mở tài liệu; chị không có máy thì quét chung.",
    ),
    "live": (
        "Buổi nói chuyện chuyên đề chỉ đến được với vài chục người trong hội trường.",
        "Phát trực tiếp bằng hai điện thoại và một chân đế, có người đọc câu hỏi của người xem cho báo cáo viên.",
    ),
    "slide": (
        "Tài liệu tuyên truyền toàn chữ, hội viên lớn tuổi khó theo dõi và mau quên.",
        "Chuyển nội dung thành hình ảnh, mỗi trang một ý, chữ lớn, kèm câu hỏi để cả buổi cùng trao đổi.",
    ),
    "fanpage": (
        "Gương người tốt, việc tốt ở cơ sở nhiều nhưng ít được biết đến.",
        "Lập tổ cộng tác viên, mỗi chi hội một tin một tuần, Ban Chấp hành duyệt trước khi đăng lên trang.",
    ),
    "sotay": (
        "Chi hội trưởng mới nhận việc thường không tìm thấy biểu mẫu và tài liệu sinh hoạt.",
        "Gom biểu mẫu, tài liệu, lịch công tác vào một thư mục dùng chung, mở được trên điện thoại.",
    ),
    "game": (
        "Phần tìm hiểu pháp luật hay khô khan, chị em ngại phát biểu.",
        "Soạn câu hỏi trên Kahoot hoặc Quizizz, chia đội, chấm điểm ngay trên màn hình và giải thích từng đáp án.",
    ),
    "video": (
        "Tuyên truyền bằng lời nói chưa đủ để chị em nhận ra các hình thức bạo lực và lừa đảo.",
        "Tự viết kịch bản, quay bằng điện thoại, hội viên đóng vai, chiếu trong buổi sinh hoạt rồi cùng thảo luận.",
    ),
    "bangtinh": (
        "Sổ thu chi viết tay dễ nhầm, cuối năm cộng lại mất nhiều ngày.",
        "Ghi thu chi vào bảng tính chung, công thức tự cộng, mọi thành viên xem được số dư của tổ.",
    ),
    "bieumau": (
        "Lấy ý kiến bằng phiếu giấy chậm và hội viên ngại ghi tên.",
        "Gửi biểu mẫu trực tuyến trước kỳ họp ba ngày, kết quả tổng hợp thành biểu đồ và báo lại cho hội viên.",
    ),
    "canva": (
        "Thông báo của chi hội ít người đọc vì trình bày dày chữ.",
        "Dùng mẫu có sẵn trên Canva, thống nhất màu và biểu trưng của hội, mỗi thông báo chỉ một hình.",
    ),
    "dvc": (
        "Nhiều hội viên chưa biết nộp hồ sơ trực tuyến nên phải đi lại nhiều lần.",
        "Tổ hướng dẫn đến từng nhà, cùng làm từng bước trên máy của hội viên, để lại tờ hướng dẫn có hình.",
    ),
    "chotructuyen": (
        "Sản phẩm của hội viên làm ra tốt nhưng bán qua thương lái, giá bấp bênh.",
        "Mỗi tháng một buổi thực hành: chụp ảnh, viết lời giới thiệu, đăng bán và trả lời khách ngay tại lớp.",
    ),
    "phatthanh": (
        "Hội viên lớn tuổi ít đọc chữ trên điện thoại nhưng thích nghe.",
        "Thu bản tin mười phút bằng điện thoại, phát qua loa truyền thanh và gửi vào các nhóm của chi hội.",
    ),
    "khmer": (
        "Nhiều chị em người Khmer nghe tiếng Việt chưa thạo nên ngại dự sinh hoạt.",
        "Làm tài liệu và phụ đề song ngữ, người nói tiếng Khmer dẫn chuyện, in kèm mã QR để nghe lại ở nhà.",
    ),
}

RESULTS = (
    "Tỷ lệ hội viên dự sinh hoạt tăng từ {a}% lên {b}%.",
    "Có {c} lượt hội viên tham gia, {d} ý kiến được trả lời trong tuần.",
    "Tiết kiệm khoảng {d} triệu đồng tiền in ấn và đi lại mỗi năm.",
)
SPREAD = (
    "Chi phí thấp, dùng điện thoại sẵn có, chi hội nào cũng làm được.",
    "Đã hướng dẫn thêm {e} chi hội, tài liệu để dùng chung.",
)
